"""Reports over the rows of the log, as API Management has them."""
