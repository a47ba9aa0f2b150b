/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decimal.h: powers of ten and fast decimal digits. */
#pragma once

#include <metergate.h>

enum { DECIMAL_POWERS = 19 }; /* 10^0 to 10^18 */

extern const guint64 decimal_powers[DECIMAL_POWERS + 1]; /* and 10^19, which only an unsigned holds */

guint decimal_digits (guint64 number);          /* how many, 1..20 */
void decimal_write (char *end, guint64 number); /* so that the last digit stands before `end` */
