"""What is mailed: the monthly review, and reports by the permissions of who gets them."""
