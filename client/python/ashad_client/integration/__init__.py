"""What reports from within a training framework: one module a framework, imported by nobody else.

Each imports its framework at its top, so `ashad_client` alone needs none of them. It reports the
metric that was asked for, stops in the framework's own way without raising, and says nothing after
a stop.

boosting      what the boosting libraries have in common
catboost      CatBoost
hook          what all of them share: one trial, one metric, silence after a stop
hydra         the trial of a Hydra job
keras         Keras 3
lightgbm      LightGBM
lightning     PyTorch Lightning
metric        the asked metric among those that a framework has
sklearn       scikit-learn's estimators that train in steps
skorch        skorch
transformers  the Trainer of Transformers
xgboost       XGBoost
"""
