"""The course's days: which there are, running one, the site and slides made of them, and a newer version of them."""
