"""`augerino`: generators learnt by the loss of a predictor under augmentation."""
