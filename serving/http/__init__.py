"""HTTP/1.1 as a worker speaks it: requests read by one strict grammar, answers written, slow clients waited for."""
