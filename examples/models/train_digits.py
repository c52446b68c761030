#!/usr/bin/python3
"""Trains LeNet-5 on the UCI handwritten digits and writes what lies beside this script.

    digits.onnx             the model: input [1, 1, 32, 32] float32, output logits [1, 10], opset 13
    digits/                 the 360 held-out images, 8-bit grey PNG of 32x32, named <index in the data set>_<label>.png
    digits/labels.csv       the true label of each image: a line `file,label`, then one line per image
    digits.labels.txt       the name of each class, one a line
    digits.preprocess.yaml  how a PNG becomes the model's input

Needs only Debian's python3-torch and python3-sklearn (the data set is part of python3-sklearn, nothing is fetched):

    /usr/bin/python3 examples/models/train_digits.py

Pixels: a digit is 8x8 with values 0 to 16. It is enlarged to 32x32 bilinearly, multiplied by 255/16 and rounded to a
byte: that is the PNG. The model sees (pixel - 128) * 0.0078125, exact in float32 for every byte. Training uses these
same rounded bytes, so the PNGs through digits.preprocess.yaml are what the model was trained on, bit for bit.

Seeded, one thread, deterministic algorithms: the same machine gives the same files. Another CPU may round sums
differently in training, and then gives other weights of about the same accuracy.
"""
import pathlib
import shutil
import struct
import sys
import zlib
from collections import OrderedDict

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

SEED = 1
EPOCHS = 40
HELD_OUT = 360
SHIFT = 2
NEEDED_ACCURACY = 0.97
MEAN, SCALE = 128.0, 0.0078125


def lenet5():
    return nn.Sequential(OrderedDict(
        conv1=nn.Conv2d(1, 6, 5), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(6, 16, 5), relu2=nn.ReLU(), pool2=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        fc1=nn.Linear(400, 120), relu3=nn.ReLU(),
        fc2=nn.Linear(120, 84), relu4=nn.ReLU(),
        fc3=nn.Linear(84, 10)))


def pixels_and_labels():
    """Bytes [n, 1, 32, 32] as uint8 and labels [n]."""
    data = load_digits()
    small = torch.tensor(data.images, dtype=torch.float64).unsqueeze(1)
    large = nn.functional.interpolate(small, size=(32, 32), mode="bilinear", align_corners=False)
    return (large * 255 / 16).round().to(torch.uint8), torch.tensor(data.target)


def normalised(pixels):
    return (pixels.float() - MEAN) * SCALE


def accuracy(model, pixels, labels):
    model.eval()
    with torch.no_grad():
        return (model(normalised(pixels)).argmax(1) == labels).double().mean().item()


def shifted(images):
    """Each image moved by up to SHIFT pixels in both directions, filled with the background."""
    padded = nn.functional.pad(images, [SHIFT] * 4, value=float(normalised(torch.zeros(1))))
    moved = torch.empty_like(images)
    for index, (top, left) in enumerate(torch.randint(0, 2 * SHIFT + 1, (len(images), 2)).tolist()):
        moved[index] = padded[index, :, top:top + 32, left:left + 32]
    return moved


def train(model, pixels, labels):
    images = normalised(pixels)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    model.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(shifted(images[batch])), labels[batch]).backward()
            optimizer.step()
        schedule.step()


def png(pixels):
    """An 8-bit grey PNG of [height, width] bytes."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    height, width = pixels.shape
    rows = b"".join(b"\0" + bytes(row.tolist()) for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def write_images(folder, indices, pixels, labels):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    lines = ["file,label"]
    for index in indices:
        label = int(labels[index])
        name = f"{index:04}_{label}.png"
        (folder / name).write_bytes(png(pixels[index, 0]))
        lines.append(f"{name},{label}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")


PREPROCESS = f"""schema: convoy.preprocess/1
size: [32, 32]        # height, width
channels: gray
mean: [{MEAN:g}]           # value = (pixel - mean) * scale
scale: [{SCALE}]
labels: digits.labels.txt
"""


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    folder = pathlib.Path(__file__).resolve().parent
    pixels, labels = pixels_and_labels()
    training, held_out = train_test_split(range(len(labels)), test_size=HELD_OUT, random_state=SEED, stratify=labels)
    model = lenet5()
    train(model, pixels[training], labels[training])

    held_out = sorted(held_out)
    held_out_accuracy = accuracy(model, pixels[held_out], labels[held_out])
    print(f"parameters: {sum(p.numel() for p in model.parameters())}")
    print(f"accuracy on the {len(training)} training digits: {accuracy(model, pixels[training], labels[training]):.4f}")
    print(f"accuracy on {HELD_OUT} held-out digits: {held_out_accuracy:.4f}")
    if held_out_accuracy < NEEDED_ACCURACY:
        sys.exit(f"train_digits.py: error: less than {NEEDED_ACCURACY} on held-out digits, nothing written")

    torch.onnx.export(model, torch.zeros(1, 1, 32, 32), str(folder / "digits.onnx"), opset_version=13,
                      input_names=["input"], output_names=["logits"])
    write_images(folder / "digits", held_out, pixels, labels)
    (folder / "digits.labels.txt").write_text("".join(f"{digit}\n" for digit in range(10)))
    (folder / "digits.preprocess.yaml").write_text(PREPROCESS)


if __name__ == "__main__":
    main()
