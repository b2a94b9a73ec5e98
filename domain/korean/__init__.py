"""What a Korean sentence says, by rules: pure text understanding without a model."""
