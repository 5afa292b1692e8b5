"""The life of a job: the rules as the contract has them, and a machine that tries them."""
