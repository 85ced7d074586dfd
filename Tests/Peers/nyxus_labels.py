"""Nyxus' 3D features of every label of a mask: nyxus_labels.py IMAGE MASK [THREADS]"""
import os
import sys

import nyxus

image, mask = (os.path.abspath(path) for path in sys.argv[1:3])
threads = int(sys.argv[3]) if len(sys.argv) > 3 else 1
# Its groups that have what PyRadiomics' classes have.
features = ["*3D_ALL*"]
peer = nyxus.Nyxus3D(features=features, n_feature_calc_threads=threads)
table = peer.featurize_files([image], [mask], single_roi=False)
print(table.shape)
