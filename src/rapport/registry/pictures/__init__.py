"""Pure: pictures of the registry as SVG made on the server. Nothing in them needs a script, a style attribute or an id.

What a picture means it says by shape, in words (`title`, `desc`) and by a legend; colours come from registry.css.
"""
