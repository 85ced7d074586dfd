"""Loads weights that weft wrote into timm's VisionTransformer, by key name and shape, and compares the two encoders.

    pip install torch timm safetensors pillow        (measured with torch 2.15, timm 1.0.31)
    weft embed IMAGE.png --whole-image --pool mean --weights RUN/model.safetensors -o embedding.csv
    python Tests/PyTorch/load_in_timm.py RUN/model.safetensors IMAGE.png embedding.csv

IMAGE.png is grey and as large as the model's images, so that nothing is resized. Exit status 1 when a key or shape
differs or when the embeddings are apart by more than 1e-4 of the largest value. Not part of `make test`: weft has no
dependency on Python.
"""
import csv
import sys

import numpy
import torch
from PIL import Image
from safetensors import safe_open
from timm.models.vision_transformer import VisionTransformer

weights, picture, table = sys.argv[1:4]
with safe_open(weights, "pt") as file:
    metadata = file.metadata()
    tensors = {key: file.get_tensor(key) for key in file.keys()}

width, channels, patch, _ = tensors["patch_embed.proj.weight"].shape
depth = 1 + max(int(key.split(".")[1]) for key in tensors if key.startswith("blocks."))
hidden = tensors["blocks.0.mlp.fc1.weight"].shape[0]
model = VisionTransformer(
    img_size=int(metadata["image_size"]), patch_size=patch, in_chans=channels, embed_dim=width, depth=depth,
    num_heads=int(metadata["heads"]), mlp_ratio=hidden / width, num_classes=0, global_pool="")
encoder = {key: value for key, value in tensors.items() if not key.startswith(("decoder_", "mask_token"))}
print(f"{len(tensors)} tensors, {len(encoder)} of the encoder; timm has {len(model.state_dict())}")
model.load_state_dict(encoder, strict=True)  # throws for a missing, an unexpected and a misshapen key
print("every key and shape is timm's")

pixels = numpy.asarray(Image.open(picture).convert("L"), dtype=numpy.float32) / 255
pixels = (pixels - float(metadata["mean"])) / float(metadata["deviation"])
image = torch.from_numpy(pixels)[None, None].expand(1, channels, -1, -1)
model.eval()
with torch.no_grad():
    tokens = model.patch_embed(image)
    tokens = model.norm_pre(model._pos_embed(tokens))
    for block in model.blocks:
        tokens = block(tokens)
    ours = model.norm(tokens)[:, 1:].mean(1)[0].numpy()

with open(table, newline="") as file:
    row = next(csv.DictReader(file))
theirs = numpy.array([float(row[f"emb_{k}"]) for k in range(width)])
worst = numpy.abs(ours - theirs).max() / numpy.abs(theirs).max()
print(f"embedding of {picture}: largest difference between timm and weft {worst:.1e} of the largest value")
sys.exit(int(worst > 1e-4))
