/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vif-primary.c: the primary VIF table (EN 13757-3:2018, table 10). */
#include "rows.h"

const EnVif en_vif_reserved = { "other", NULL, NULL, 0, MG_UNIT_NONE, 0, EN_AS_NUMBER, MG_POINT_GAUGE };

const EnVif en_vif_primary[128] = {
    RUN8 (0x00, "energy", NULL, WH, -3, COUNTER),
    RUN8 (0x08, "energy", NULL, J, 0, COUNTER),
    RUN8 (0x10, "volume", NULL, M3, -6, COUNTER),
    RUN8 (0x18, "mass", NULL, KG, -3, COUNTER),
    SMHD (0x20, "time.on", COUNTER),
    SMHD (0x24, "time.operating", COUNTER),
    RUN8 (0x28, "power", NULL, W, -3, GAUGE),
    RUN8 (0x30, "power", NULL, J_PER_H, 0, GAUGE),
    RUN8 (0x38, "flow.volume", NULL, M3_PER_H, -6, GAUGE),
    RUN8 (0x40, "flow.volume.extended", NULL, M3_PER_MIN, -7, GAUGE),
    RUN8 (0x48, "flow.volume.extended", NULL, M3_PER_S, -9, GAUGE),
    RUN8 (0x50, "flow.mass", NULL, KG_PER_H, -3, GAUGE),
    RUN4 (0x58, "temperature.flow", NULL, CELSIUS, -3, GAUGE),
    RUN4 (0x5C, "temperature.return", NULL, CELSIUS, -3, GAUGE),
    RUN4 (0x60, "temperature.difference", NULL, KELVIN, -3, GAUGE),
    RUN4 (0x64, "temperature.external", NULL, CELSIUS, -3, GAUGE),
    RUN4 (0x68, "pressure", NULL, BAR, -3, GAUGE),
    ONE (0x6C, "timestamp", NULL, NONE, 0, TIME, TIME),
    ONE (0x6D, "timestamp", NULL, NONE, 0, TIME, TIME),
    ONE (0x6E, "hca", NULL, HCA, 0, NUMBER, COUNTER),
    ONE (0x6F, "other", NULL, NONE, 0, THIRD, GAUGE),
    SMHD (0x70, "duration.averaging", GAUGE),
    SMHD (0x74, "duration.actuality", GAUGE),
    ONE (0x78, "fabrication-number", NULL, NONE, 0, IDENTITY, TEXT),
    ONE (0x79, "identification", NULL, NONE, 0, IDENTITY, TEXT),
    ONE (0x7A, "address", NULL, NONE, 0, IDENTITY, TEXT),
    ONE (0x7B, "other", NULL, NONE, 0, FIRST, GAUGE),
    ONE (0x7C, "other", NULL, OTHER, 0, PLAIN, GAUGE),
    ONE (0x7D, "other", NULL, NONE, 0, SECOND, GAUGE),
    ONE (0x7E, "other", "any VIF", NONE, 0, NUMBER, GAUGE),
    ONE (0x7F, "other", "manufacturer specific", NONE, 0, MAKER, GAUGE),
};
