/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ctor-exit.c: ends the process while it is loaded. */
#include "bad.h"

#include <unistd.h>

static __attribute__ ((constructor)) void leave (void)
{
    _exit (0);
}

static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = nothing_read);
static const MgFeature features[] = { DRIVER ("ctor-exit", &ops) };
MODULE (.name = "ctor-exit", .features = MG_TABLE (features));
