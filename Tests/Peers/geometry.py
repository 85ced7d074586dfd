"""Whether nibabel and SimpleITK put what weft writes where weft puts it: geometry.py WEFT

An oblique, anisotropic CT with labels is made here, weft extracts it with --save-steps, filters and maps it, as .nii.gz and as
.nrrd; each file is read by nibabel (NIfTI) and SimpleITK and compared: size, the position of every corner, qform beside sform,
the values at the place of the scan's own voxels. Prints a line a file; exit status 1 where one disagrees.
"""
import glob
import os
import subprocess
import sys
import tempfile

import nibabel
import numpy
import SimpleITK as sitk

weft = os.path.abspath(sys.argv[1])
folder = tempfile.mkdtemp()
failures = 0


def positions_itk(path):
    image = sitk.ReadImage(path)
    size = image.GetSize()
    corners = [(x, y, z) for x in (0, size[0] - 1) for y in (0, size[1] - 1) for z in (0, size[2] - 1)]
    return size, numpy.array([image.TransformContinuousIndexToPhysicalPoint([float(i) for i in c]) for c in corners])


def positions_nibabel(path):
    image = nibabel.load(path)
    size = image.shape
    corners = numpy.array([(x, y, z) for x in (0, size[0] - 1) for y in (0, size[1] - 1) for z in (0, size[2] - 1)])
    lps = [nibabel.affines.apply_affine(form, corners) * (-1, -1, 1) for form in (image.get_sform(), image.get_qform())]
    return size, lps, (int(image.header["qform_code"]), int(image.header["sform_code"]))


def check(name, isRight, found):
    global failures
    failures += not isRight
    print("ok  " if isRight else "FAIL", name, found)


def run(*arguments):
    subprocess.run([weft, *arguments, "-q"], check=True, cwd=folder, stdout=subprocess.DEVNULL)


# An oblique stack: turned by 20° about z and 10° about x, voxels of 0.9 × 0.7 × 2.5 mm.
a, b = numpy.radians(20), numpy.radians(10)
turn = numpy.array([[numpy.cos(a), -numpy.sin(a), 0], [numpy.sin(a), numpy.cos(a), 0], [0, 0, 1]]) @ numpy.array(
    [[1, 0, 0], [0, numpy.cos(b), -numpy.sin(b)], [0, numpy.sin(b), numpy.cos(b)]])
affine = numpy.eye(4)
affine[:3, :3] = turn @ numpy.diag([-0.9, -0.7, 2.5])
affine[:3, 3] = [31, -17, 120]
i, j, k = numpy.indices((40, 36, 20))
values = (i + 40 * j + 1440 * k).astype(numpy.int16)
labels = numpy.zeros(values.shape, numpy.uint8)
labels[8:20, 9:25, 4:12] = 1
labels[25:33, 5:30, 6:15] = 2
os.mkdir(f"{folder}/case")
for name, data in (("ct", values), ("ct_seg", labels)):
    image = nibabel.Nifti1Image(data, affine)
    image.set_sform(affine, 1)
    image.set_qform(affine, 1)
    nibabel.save(image, f"{folder}/case/{name}.nii.gz")

for kind in ("nii.gz", "nrrd"):
    run("extract", "case", "--families", "stat,cm", "-o", f"t_{kind}.csv", "--save-steps", f"steps_{kind}", "--steps-format", kind)
    run("extract", "case", "--families", "stat,cm", "-o", f"r_{kind}.csv", "--save-steps", f"resampled_{kind}", "--steps-format",
        kind, "--resample", "1.5,1.5,2")
    run("filter", "case/ct.nii.gz", "--filter", "{kind: mean, support: 1}", "-o", f"filter.{kind}")
run("map", "case", "--feature", "cm_contrast", "--label", "1", "--format", "nifti", "-o", "map_nii.gz")
run("map", "case", "--feature", "cm_contrast", "--label", "1", "--format", "nrrd", "-o", "map_nrrd")

scan = sitk.ReadImage(f"{folder}/case/ct.nii.gz")
inverse = numpy.linalg.inv(affine)
for path in sorted(glob.glob(f"{folder}/**/*.nii.gz", recursive=True) + glob.glob(f"{folder}/**/*.nrrd", recursive=True)):
    name = os.path.relpath(path, folder)
    if name.startswith("case/"):
        continue
    size, corners = positions_itk(path)
    if path.endswith(".nii.gz"):
        own, forms, codes = positions_nibabel(path)
        worst = max(numpy.abs(form - corners).max() for form in forms)
        check(name, own == size and worst < 1e-3 and codes == (1, 1), f"{size} nibabel beside ITK {worst:.1e} mm, codes {codes}")
        twin = path[: -len(".nii.gz")].replace("_nii.gz/", "_nrrd/") + ".nrrd"
        if os.path.exists(twin):
            other, others = positions_itk(twin)
            difference = numpy.abs(others - corners).max()
            same = numpy.allclose(sitk.GetArrayFromImage(sitk.ReadImage(twin)), sitk.GetArrayFromImage(sitk.ReadImage(path)),
                                  equal_nan=True)
            check(name, other == size and difference < 1e-3 and same, f"beside its NRRD {difference:.1e} mm")
    read = sitk.ReadImage(path)
    array = sitk.GetArrayFromImage(read)
    if name.startswith("resampled"):
        if name.endswith(f"_image.{'nii.gz' if path.endswith('gz') else 'nrrd'}"):
            # The values are linear in the index, so that they tell where a voxel lies.
            index = [size[0] // 2, size[1] // 2, size[2] // 3]
            place = numpy.array(read.TransformIndexToPhysicalPoint(index)) * (-1, -1, 1)
            x, y, z = nibabel.affines.apply_affine(inverse, place)
            expected = x + 40 * y + 1440 * z
            found = array[index[2], index[1], index[0]]
            check(name, abs(found - expected) < 0.51, f"value {found} at ({x:.2f}, {y:.2f}, {z:.2f}), expected {expected:.2f}")
        continue
    # On the scan's own grid: voxel for voxel.
    shift = scan.TransformPhysicalPointToIndex(read.GetOrigin())
    part = (slice(shift[2], shift[2] + array.shape[0]), slice(shift[1], shift[1] + array.shape[1]),
            slice(shift[0], shift[0] + array.shape[2]))
    if "_mask." in name or "_resegmented." in name:
        label = 1 if "_1_" in os.path.basename(name) else 2
        expected = (labels.transpose(2, 1, 0) == label)[part]
        check(name, numpy.array_equal(array != 0, expected), f"{int((array != 0).sum())} voxels of {int((labels == label).sum())}")
    elif "_image." in name or name.startswith("filter"):
        check(name, numpy.array_equal(array, values.transpose(2, 1, 0)[part].astype(array.dtype)), "values of the scan")
    elif name.startswith("map"):
        inside = numpy.isfinite(array)
        check(name, numpy.array_equal(inside, (labels.transpose(2, 1, 0) == 1)[part]), f"{int(inside.sum())} voxels with a value")
print("all agree" if failures == 0 else f"{failures} disagree")
sys.exit(1 if failures else 0)
