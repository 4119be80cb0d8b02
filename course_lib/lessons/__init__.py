"""The course's days: which there are, running one, and the site and slides made of them."""
