/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value.c: exact values. */
#include <metergate.h>

MgValue mg_value_decimal (gint64 number, gint exponent)
{
    return (MgValue){ .type = MG_VALUE_DECIMAL, .exponent = (gint8) exponent, .v = { .number = number } };
}
