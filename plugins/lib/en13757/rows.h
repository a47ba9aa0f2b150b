/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rows.h: how the VIF tables are written: rows with a run of exponents, of time units, and single ones. */
#pragma once

#include <en13757/vif.h>

#define ROW(code_, quantity_, name_, unit_, exponent_, key_, as_, kind_)                                               \
    [code_] = { (quantity_), (name_), NULL, (exponent_), MG_UNIT_##unit_, (key_), EN_AS_##as_, MG_POINT_##kind_ }

/* one code, no bits that a key leaves out */
#define ONE(code, quantity, name, unit, exponent, as, kind) ROW (code, quantity, name, unit, exponent, code, as, kind)

/* 2, 4, 8, 16 codes with the exponents e, e + 1 ... */
#define RUN2(code, quantity, name, unit, e, kind)                                                                      \
    ROW (code, quantity, name, unit, e, code, NUMBER, kind),                                                           \
        ROW (code + 1, quantity, name, unit, e + 1, code, NUMBER, kind)
#define RUN4_OF(base, code, quantity, name, unit, e, kind)                                                             \
    ROW (code, quantity, name, unit, e, base, NUMBER, kind),                                                           \
        ROW (code + 1, quantity, name, unit, e + 1, base, NUMBER, kind),                                               \
        ROW (code + 2, quantity, name, unit, e + 2, base, NUMBER, kind),                                               \
        ROW (code + 3, quantity, name, unit, e + 3, base, NUMBER, kind)
#define RUN4(code, quantity, name, unit, e, kind) RUN4_OF (code, code, quantity, name, unit, e, kind)
#define RUN8_OF(base, code, quantity, name, unit, e, kind)                                                             \
    RUN4_OF (base, code, quantity, name, unit, e, kind), RUN4_OF (base, code + 4, quantity, name, unit, e + 4, kind)
#define RUN8(code, quantity, name, unit, e, kind) RUN8_OF (code, code, quantity, name, unit, e, kind)
#define RUN16(code, quantity, name, unit, e, kind)                                                                     \
    RUN8_OF (code, code, quantity, name, unit, e, kind), RUN8_OF (code, code + 8, quantity, name, unit, e + 8, kind)

/* seconds, minutes, hours, days; hours, days, months, years */
#define SMHD(code, quantity, kind)                                                                                     \
    ROW (code, quantity, NULL, S, 0, code, UNSIGNED, kind),                                                            \
        ROW (code + 1, quantity, NULL, MIN, 0, code, UNSIGNED, kind),                                                  \
        ROW (code + 2, quantity, NULL, H, 0, code, UNSIGNED, kind),                                                    \
        ROW (code + 3, quantity, NULL, D, 0, code, UNSIGNED, kind)
#define HDMY(code, quantity, kind)                                                                                     \
    ROW (code, quantity, NULL, H, 0, code, UNSIGNED, kind),                                                            \
        ROW (code + 1, quantity, NULL, D, 0, code, UNSIGNED, kind),                                                    \
        ROW (code + 2, quantity, NULL, MONTH, 0, code, UNSIGNED, kind),                                                \
        ROW (code + 3, quantity, NULL, YEAR, 0, code, UNSIGNED, kind)

/* codes without a meaning: the number as it came, the code in the key */
#define NIL1(code) ONE (code, "other", NULL, NONE, 0, NUMBER, GAUGE)
#define NIL2(code) NIL1 (code), NIL1 (code + 1)
#define NIL4(code) NIL2 (code), NIL2 (code + 2)
#define NIL8(code) NIL4 (code), NIL4 (code + 4)
