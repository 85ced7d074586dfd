// libnifti's headers ask for this one without its folder.
#include <nifti/znzlib.h>
