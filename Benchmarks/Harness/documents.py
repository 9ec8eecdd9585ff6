"""The document root of a run: files of known sizes whose bytes do not compress to nothing."""

import os
import random

SIZES = {"1k.txt": 1024, "64k.txt": 64 * 1024, "1m.txt": 1024 * 1024}


def write(folder):
    os.makedirs(folder, exist_ok=True)
    letters = random.Random(1)
    for name, size in SIZES.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write("".join(letters.choices("abcdefghijklmnopqrstuvwxyz \n", k=size)))
    for name, text in {"plaintext": "Hello, World!", "pipeline": "ok", "index.html": "<h1>Hello</h1>\n"}.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    # nginx gives up privileges when root starts it.
    os.chmod(folder, 0o755)
