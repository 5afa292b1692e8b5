"""What is generated from the contract, by Schemathesis and Hypothesis."""
