"""PyRadiomics' original features (107) of every label of a mask, the image loaded once: pyradiomics_labels.py IMAGE MASK [BINWIDTH]"""
import logging
import sys

import SimpleITK as sitk
from radiomics import featureextractor

logging.getLogger("radiomics").setLevel(logging.ERROR)
image, mask = sitk.ReadImage(sys.argv[1]), sitk.ReadImage(sys.argv[2])
extractor = featureextractor.RadiomicsFeatureExtractor(binWidth=float(sys.argv[3]) if len(sys.argv) > 3 else 25)
statistics = sitk.LabelShapeStatisticsImageFilter()
statistics.Execute(mask)
values = 0
for label in statistics.GetLabels():
    try:
        result = extractor.execute(image, mask, label=label)
        values += sum(name.startswith("original_") for name in result)
    except ValueError as error:  # a label of one voxel
        print(label, error, file=sys.stderr)
print(len(statistics.GetLabels()), "labels", values, "values")
