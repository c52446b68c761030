#!/usr/bin/python3
"""Exports torchvision models with random weights as ONNX, to plan and run them with convoy.

    examples/models/export_torchvision.py resnext50_32x4d fcn_resnet50 --size 224 --folder /tmp/models

Needs Debian's python3-torchvision. Weights are seeded; batch norms get statistics from random inputs, and layers that
torchvision initialises with zeros random weights, so that activations stay alive through the net.
"""

import argparse
import pathlib
import warnings

import torch
import torchvision


def fill_zeros(net: torch.nn.Module) -> None:
    """Gives weights that are all zero (the heads of transformers) small random ones."""
    for parameter in net.parameters():
        if parameter.dim() > 1 and not parameter.any():
            torch.nn.init.normal_(parameter, std=0.02)


def collect_statistics(net: torch.nn.Module, size: int) -> None:
    """Lets batch norms see two batches of random inputs, without the dropping of a training."""
    for module in net.modules():
        module.train(isinstance(module, torch.nn.modules.batchnorm._BatchNorm))
    with torch.no_grad():
        for _ in range(2):
            net(torch.randn(4, 3, size, size))
    net.eval()


class FirstOutput(torch.nn.Module):
    """Segmentation models give a dictionary, whose entry "out" is the result."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        result = self.net(image)
        return result["out"] if isinstance(result, dict) else result


def build(name: str, size: int) -> torch.nn.Module:
    torch.manual_seed(1)
    options = {"weights": None}
    if name in ("googlenet", "inception_v3"):
        options["init_weights"] = True
    if name in torchvision.models.list_models(torchvision.models.segmentation):
        options["weights_backbone"] = None
    net = torchvision.models.get_model(name, **options)
    fill_zeros(net)
    collect_statistics(net, size)
    return FirstOutput(net).eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="MODEL", help="as torchvision.models.list_models() gives them")
    parser.add_argument("--size", type=int, default=224, help="height and width of the input [224]")
    parser.add_argument("--opset", type=int, default=14, help="version of ONNX's operators, 9 to 17 [14]")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("."), help="where MODEL.onnx is written [.]")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.names:
        file = arguments.folder / f"{name}.onnx"
        image = torch.randn(1, 3, arguments.size, arguments.size)
        torch.onnx.export(build(name, arguments.size), image, str(file), opset_version=arguments.opset,
                          input_names=["input"], output_names=["output"])
        print(f"{file}: {file.stat().st_size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
