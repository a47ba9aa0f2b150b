/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ctor-hang.c: never ends being loaded. */
#include "bad.h"

#include <unistd.h>

static __attribute__ ((constructor)) void hang (void)
{
    for (;;)
        pause ();
}

static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = nothing_read);
static const MgFeature features[] = { DRIVER ("ctor-hang", &ops) };
MODULE (.name = "ctor-hang", .features = MG_TABLE (features));
