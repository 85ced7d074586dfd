"""An image and its labels, each voxel 2 x 2 x 4 times, the image smooth and with noise of 10: enlarged.py IMAGE MASK DIR"""
import os
import sys

import nibabel
import numpy as np
from scipy import ndimage

image, mask, folder = nibabel.load(sys.argv[1]), nibabel.load(sys.argv[2]), sys.argv[3]
os.makedirs(folder, exist_ok=True)
affine = image.affine @ np.diag([1 / 2, 1 / 2, 1 / 4, 1])
values = ndimage.zoom(np.asarray(image.dataobj).astype(np.float32), (2, 2, 4), order=1)
values = np.rint(values + np.random.default_rng(0).normal(0, 10, values.shape)).astype(np.int16)
labels = np.asarray(mask.dataobj).repeat(2, 0).repeat(2, 1).repeat(4, 2).astype(np.uint8)
for name, data, extensions in [("ct", values, []), ("ct_seg", labels, mask.header.extensions)]:
    made = nibabel.Nifti1Image(data, affine)
    made.set_sform(affine, 1)
    made.set_qform(affine, 1)
    made.header.extensions.extend(extensions)
    nibabel.save(made, os.path.join(folder, name + ".nii.gz"))
