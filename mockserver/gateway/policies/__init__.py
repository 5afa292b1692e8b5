"""The policies that the gateway knows: a module each, with the policy's name."""
