// The kernels for every processor.
#define KERNELS weft_texture_base
#define LEVEL "base"
#include "texture.inc"
