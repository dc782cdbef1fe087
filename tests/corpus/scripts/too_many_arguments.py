def input_fn(body, content_type, context, encoding):
    return body
