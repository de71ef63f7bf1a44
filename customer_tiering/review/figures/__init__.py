"""What a review counts, as tables of numbers: computed once for the page, the workbook and the screen."""
