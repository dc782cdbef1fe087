"""Multi-model endpoints: many models in one container, loaded and unloaded while others answer.

A worker asks the *keeper* (keeper.py) to load a model; the keeper forks a process of the model's own (process.py),
which loads, tries the model out and then answers invocations on a Unix socket. That socket's name is the hash of the
model's: where there is no such socket the model is not loaded, so all workers agree without a word between them. To
unload a model is to end its process, so its memory is free at once; one that crashes its library takes nobody along.

Source: Amazon SageMaker developer guide, "Custom Containers Contract for Multi-Model Endpoints".
"""
