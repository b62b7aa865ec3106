"""A module beside the script."""


def save(path, text):
    path.write_text(text)
