"""JSON against an API's schemas, and sample JSON made from them."""
