"""From the draft to the policy in force: the draft, its preview, and the published versions."""
