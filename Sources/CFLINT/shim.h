#include <stdio.h>
#include <gmp.h>
#include <flint/flint.h>
#include <flint/fmpq.h>
