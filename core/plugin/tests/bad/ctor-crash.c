/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ctor-crash.c: crashes while it is loaded. */
#include "bad.h"

static __attribute__ ((constructor)) void crash (void)
{
    volatile int *volatile nowhere = NULL;

    *nowhere = 1;
}

static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = nothing_read);
static const MgFeature features[] = { DRIVER ("ctor-crash", &ops) };
MODULE (.name = "ctor-crash", .features = MG_TABLE (features));
