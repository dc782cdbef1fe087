"""One folder an image; `containers.build` makes them."""
