"""Whether somebody who calls is who they say they are."""
