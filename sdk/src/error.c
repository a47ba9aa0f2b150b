/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* error.c: the one error domain of the SDK. */
#include <metergate.h>

GQuark mg_error_quark (void)
{
    return g_quark_from_static_string ("mg-error-quark");
}
