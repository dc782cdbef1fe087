"""XGBoost, as SageMaker's own image trains it."""
