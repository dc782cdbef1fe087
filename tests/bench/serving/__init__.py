"""Our server beside the field's: same model, same number of workers, same machine, same run."""
