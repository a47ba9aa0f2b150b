/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* error.c: the one error domain of the SDK. */
#include <metergate.h>

G_DEFINE_QUARK (mg - error - quark, mg_error)
