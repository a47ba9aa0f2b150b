/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nosymbol.c: has no descriptor. */
#include "bad.h"

extern __attribute__ ((visibility ("default"))) const int not_mg_module;
const int not_mg_module = 1;
