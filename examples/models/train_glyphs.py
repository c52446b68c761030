#!/usr/bin/python3
"""Trains a CNN that names a character in a picture (glyphs.py), and writes what lies beside this script.

    examples/models/train_glyphs.py glyphs64      VGG-style, pictures of 64x64
    examples/models/train_glyphs.py glyphs192     residual, pictures of 192x192

    NAME.onnx               the model: input [1, 3, size, size] float32, output logits [1, 34], opset 13
    NAME/                   the first 340 pictures of the test split, and labels.csv
    NAME-calibration/       the first 510 pictures of the calibration split, and labels.csv
    NAME.preprocess.yaml    how a PNG becomes the model's input
    NAME.training.txt       command, seed, versions, and accuracies by PyTorch
    glyphs.labels.txt       the name of each class, one a line

Needs Debian's python3-torch, python3-numpy, python3-pil and the fonts of glyphs.py, which says what is missing.

Training never sees a picture twice: it renders as it goes. It begins with smaller pictures, which are quicker. Of the
fonts of the validation split it only reports how many it gets right. The model sees (pixel - 128) * 0.0078125, exact in
float32 for every byte.

Seeded, one thread, deterministic algorithms: the same machine and versions give the same files. Another CPU may round
sums differently in training, and then gives other weights of about the same accuracy.
"""
import argparse
import collections
import dataclasses
import multiprocessing
import os
import pathlib
import sys
import time
from collections import OrderedDict
from collections.abc import Callable

import numpy
import PIL
import torch
from torch import nn

import glyphs

SEED = glyphs.SEED
BATCH = 64
THREADS = 1  # of PyTorch
RENDERERS = 2  # processes that draw the next pictures meanwhile
SAVED_EVERY, TOLD_EVERY = 20, 100  # steps
MEAN, SCALE = 128.0, 0.0078125
ALL_TEST, TEST, CALIBRATION, WATCHED = 2040, 340, 510, 340
NEEDED_ACCURACY = 0.9  # less says that something went wrong


def convolution(inputs, outputs, kernel=3, stride=1):
    """Without bias: a batch norm follows, which the export folds into it."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class Vgg(nn.Module):
    """VGG-style: 3x3 convolutions, doubling channels where pooling halves the picture, two fully connected layers."""

    def __init__(self):
        super().__init__()
        layers = OrderedDict()
        inputs = 3
        for stage, widths in enumerate([[16], [32], [64], [128], [256, 256]], start=1):
            if stage > 1:
                layers[f"pool{stage - 1}"] = nn.MaxPool2d(2)
            for place, outputs in enumerate(widths, start=1):
                layers[f"conv{stage}_{place}"] = convolution(inputs, outputs)
                layers[f"norm{stage}_{place}"] = nn.BatchNorm2d(outputs)
                layers[f"relu{stage}_{place}"] = nn.ReLU()
                inputs = outputs
        self.features = nn.Sequential(layers)
        self.pool5 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.fc1, self.relu6 = nn.Linear(1024, 512), nn.ReLU()
        self.fc2 = nn.Linear(512, len(glyphs.CLASSES))

    def forward(self, image):
        """Pictures of half the size, in training, do without the last pooling."""
        found = self.features(image)
        if image.shape[-1] == 64:
            found = self.pool5(found)
        return self.fc2(self.relu6(self.fc1(self.flatten(found))))


class Block(nn.Module):
    """The basic block of residual networks."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.norm1 = convolution(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.norm2 = convolution(outputs, outputs), nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, image):
        inner = self.norm2(self.conv2(self.relu(self.norm1(self.conv1(image)))))
        return self.relu(inner + self.shortcut(image))


def residual():
    """Residual: a strided convolution and a pooling, five basic blocks, the mean of each channel, one layer."""
    widths = [32, 48, 96, 128, 192, 256]
    layers = OrderedDict(conv=convolution(3, widths[0], 5, 2), norm=nn.BatchNorm2d(widths[0]), relu=nn.ReLU(),
                         pool=nn.MaxPool2d(3, 2, 1))
    for place in range(1, len(widths)):
        layers[f"block{place}"] = Block(widths[place - 1], widths[place], 1 if place == 1 else 2)
    layers["mean"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(256, len(glyphs.CLASSES))
    return nn.Sequential(layers)


@dataclasses.dataclass
class Recipe:
    network: Callable
    size: int
    phases: list  # of training: size of the pictures, number of them
    rate: float


RECIPES = {"glyphs64": Recipe(Vgg, 64, [(32, 51200), (64, 19200)], 2e-3),
           "glyphs192": Recipe(residual, 192, [(64, 25600), (96, 7680), (192, 10240)], 2e-3)}


def drawn(split, indices, size):
    return [glyphs.picture(split, index, size, SEED) for index in indices]


def ahead(pool, split, groups):
    """Pictures of each group (size, indices), while `pool` already draws the next ones."""
    waiting = collections.deque()
    for size, indices in groups:
        waiting.append(pool.apply_async(drawn, (split, indices, size)))
        if len(waiting) > 2 * RENDERERS:
            yield waiting.popleft().get()
    while waiting:
        yield waiting.popleft().get()


def tensors(group):
    """The model's inputs [n, 3, size, size], channels last in memory, and the labels [n]."""
    pixels = numpy.stack([palette[shades] for shades, palette, _ in group])
    images = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - MEAN) * SCALE
    return images, torch.tensor([label for _, _, label in group])


def correct(pool, model, split, count, size):
    """Whether the model names each of the first `count` pictures of a split rightly."""
    model.eval()
    found = []
    with torch.no_grad():
        for group in ahead(pool, split, batches([(size, count)])):
            images, labels = tensors(group)
            found += (model(images).argmax(1) == labels).tolist()
    return found


def rate_at(progress):
    """The share of the highest learning rate: rises in the first 5 %, then falls to zero."""
    return min(progress / 0.05, (1 - progress) / 0.95)


def batches(phases):
    """Size of the pictures and indices of each batch."""
    start = 0
    for size, count in phases:
        for first in range(start, start + count, BATCH):
            yield size, range(first, min(first + BATCH, start + count))
        start += count


def train(pool, model, recipe, fraction, checkpoint):
    """Uses the first `fraction` of each phase; goes on from the file `checkpoint`, if there is one, to the same result.

    Classes take turns in the order of the indices, so each batch has nearly all. Returns the number of pictures.
    """
    phases = [(size, max(1, int(count * fraction / BATCH)) * BATCH) for size, count in recipe.phases]
    steps = list(batches(phases))
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.rate)
    first = 0
    if checkpoint and checkpoint.exists():
        saved = torch.load(checkpoint)
        first = saved["step"]
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
    began, losses = time.monotonic(), []
    for step, group in enumerate(ahead(pool, "train", steps[first:]), start=first):
        model.train()
        for parameters in optimizer.param_groups:
            parameters["lr"] = recipe.rate * rate_at((step + 1) / (len(steps) + 1))
        images, labels = tensors(group)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if (step + 1) % TOLD_EVERY == 0 or step + 1 == len(steps):
            size = steps[step][0]
            watched = sum(correct(pool, model, "validation", WATCHED, size)) / WATCHED
            print(f"step {step + 1} of {len(steps)}, {size}x{size}, {time.monotonic() - began:.0f} s: loss "
                  f"{sum(losses) / len(losses):.3f}, validation {watched:.3f}", flush=True)
            losses = []
        if checkpoint and ((step + 1) % SAVED_EVERY == 0 or step + 1 == len(steps)):
            saved = {"step": step + 1, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(saved, f"{checkpoint}.new")
            os.replace(f"{checkpoint}.new", checkpoint)
    return sum(count for _, count in phases)


def write(folder, name, model, recipe):
    size = recipe.size
    model = model.eval().to(memory_format=torch.contiguous_format)
    torch.onnx.export(model, torch.zeros(1, 3, size, size), str(folder / f"{name}.onnx"), opset_version=13,
                      input_names=["input"], output_names=["logits"])
    glyphs.write(folder / name, "test", TEST, size)
    glyphs.write(folder / f"{name}-calibration", "calibration", CALIBRATION, size)
    (folder / "glyphs.labels.txt").write_text("".join(f"{character}\n" for character in glyphs.CLASSES))
    (folder / f"{name}.preprocess.yaml").write_text(f"""schema: convoy.preprocess/1
size: [{size}, {size}]        # height, width
channels: rgb
mean: [{MEAN:g}]           # value = (pixel - mean) * scale
scale: [{SCALE}]
labels: glyphs.labels.txt
""")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=list(RECIPES))
    parser.add_argument("--fraction", type=float, default=1, help="of the training, for a quick look [1]")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent,
                        help="where all is written [beside this script]")
    parser.add_argument("--checkpoint", type=pathlib.Path, metavar="FILE",
                        help=f"saved every {SAVED_EVERY} steps; an ended training goes on from it")
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    recipe = RECIPES[arguments.name]
    model = recipe.network().to(memory_format=torch.channels_last)
    try:
        fonts = {split: sum(map(len, glyphs.families(split))) for split in glyphs.PACKAGES}
        with multiprocessing.Pool(RENDERERS) as pool:
            trained = train(pool, model, recipe, arguments.fraction, arguments.checkpoint)
            all_test = correct(pool, model, "test", ALL_TEST, recipe.size)
            right = {"all_test": all_test, "test": all_test[:TEST],
                     "calibration": correct(pool, model, "calibration", CALIBRATION, recipe.size)}
        part = f" --fraction {arguments.fraction:g}" if arguments.fraction != 1 else ""
        lines = [f"command: examples/models/train_glyphs.py {arguments.name}{part}",
                 f"seed: {SEED}",
                 f"versions: torch {torch.__version__}, Pillow {PIL.__version__}, NumPy {numpy.__version__}",
                 "fonts: " + ", ".join(f"{count} {split}" for split, count in fonts.items()),
                 f"parameters: {sum(p.numel() for p in model.parameters())}",
                 f"trained on: {trained} pictures"]
        lines += [f"{what}: {sum(named)} of {len(named)} ({100 * sum(named) / len(named):.2f} %)"
                  for what, named in right.items()]
        print("\n".join(lines), flush=True)
        if sum(all_test) < NEEDED_ACCURACY * ALL_TEST and arguments.fraction == 1:
            sys.exit(f"train_glyphs.py: error: less than {NEEDED_ACCURACY} on held-out fonts, nothing written")
        arguments.folder.mkdir(parents=True, exist_ok=True)
        write(arguments.folder, arguments.name, model, recipe)
        (arguments.folder / f"{arguments.name}.training.txt").write_text("\n".join(lines) + "\n")
    except glyphs.Refused as error:
        sys.exit(f"train_glyphs.py: error: {error}")


if __name__ == "__main__":
    main()
