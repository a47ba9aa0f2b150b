/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vif-first.c: the first extension table, VIF FB (EN 13757-3:2018, table 12; rows reserved since 2004 from EN 1434-3).
 */
#include "rows.h"

/* a factor of 2^-12: the number stays as the meter sent it */
#define RATING(code, quantity)                                                                                         \
    [code] = { (quantity), NULL, "1/4096", 0, MG_UNIT_OTHER, (code), EN_AS_UNSIGNED, MG_POINT_GAUGE }
#define TENTH_FT3 ONE (0x21, "volume", NULL, FT3, -1, NUMBER, COUNTER)

const EnVif en_vif_first[128] = {
    RUN2 (0x00, "energy", NULL, WH, 5, COUNTER),
    RUN2 (0x02, "energy.reactive", NULL, VARH, 3, COUNTER),
    RUN2 (0x04, "energy.apparent", NULL, VAH, 3, COUNTER),
    NIL2 (0x06),
    RUN2 (0x08, "energy", NULL, J, 8, COUNTER),
    NIL2 (0x0A),
    RUN4 (0x0C, "energy", NULL, CAL, 5, COUNTER),
    RUN2 (0x10, "volume", NULL, M3, 2, COUNTER),
    NIL2 (0x12),
    RUN4 (0x14, "power.reactive", NULL, VAR, 0, GAUGE),
    RUN2 (0x18, "mass", NULL, KG, 5, COUNTER),
    RUN2 (0x1A, "humidity", NULL, PERCENT, -1, GAUGE),
    NIL4 (0x1C),
    ONE (0x20, "volume", NULL, FT3, 0, NUMBER, COUNTER),
    TENTH_FT3,
    ONE (0x22, "volume", NULL, US_GAL, -1, NUMBER, COUNTER),
    ONE (0x23, "volume", NULL, US_GAL, 0, NUMBER, COUNTER),
    ONE (0x24, "flow.volume", NULL, US_GAL_PER_MIN, -3, NUMBER, GAUGE),
    ONE (0x25, "flow.volume", NULL, US_GAL_PER_MIN, 0, NUMBER, GAUGE),
    ONE (0x26, "flow.volume", NULL, US_GAL_PER_H, 0, NUMBER, GAUGE),
    NIL1 (0x27),
    RUN2 (0x28, "power", NULL, W, 5, GAUGE),
    ONE (0x2A, "angle.voltage", NULL, DEGREE, -1, NUMBER, GAUGE),
    ONE (0x2B, "angle.current", NULL, DEGREE, -1, NUMBER, GAUGE),
    RUN4 (0x2C, "frequency", NULL, HZ, -3, GAUGE),
    RUN2 (0x30, "power", NULL, J_PER_H, 8, GAUGE),
    NIL2 (0x32),
    RUN4 (0x34, "power.apparent", NULL, VA, 0, GAUGE),
    NIL8 (0x38),
    NIL8 (0x40),
    NIL8 (0x48),
    NIL8 (0x50),
    RUN4 (0x58, "temperature.flow", NULL, FAHRENHEIT, -3, GAUGE),
    RUN4 (0x5C, "temperature.return", NULL, FAHRENHEIT, -3, GAUGE),
    RUN4 (0x60, "temperature.difference", NULL, FAHRENHEIT, -3, GAUGE),
    RUN4 (0x64, "temperature.external", NULL, FAHRENHEIT, -3, GAUGE),
    RATING (0x68, "hca.factor.k"),
    ONE (0x69, "hca.factor.kq", NULL, W, 0, UNSIGNED, GAUGE),
    RATING (0x6A, "hca.factor.kc"),
    RATING (0x6B, "hca.factor.kcr"),
    RATING (0x6C, "hca.factor.kch"),
    RATING (0x6D, "hca.factor.kt"),
    RATING (0x6E, "hca.factor.kd"),
    NIL1 (0x6F),
    RUN4 (0x70, "temperature.limit", NULL, FAHRENHEIT, -3, GAUGE),
    RUN4 (0x74, "temperature.limit", NULL, CELSIUS, -3, GAUGE),
    RUN8 (0x78, "power.cumulated-maximum", NULL, W, -3, COUNTER),
};
