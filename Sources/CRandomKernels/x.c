#include "CRandomKernels.h"
int crandom_placeholder(void){return 0;}
