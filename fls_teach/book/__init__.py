"""What people would rather look at than read: the book of results, and the page to play with."""
