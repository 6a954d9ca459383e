"""The provider server's answers, each in its provider's shape and within its limits."""
