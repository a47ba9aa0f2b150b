/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names-media.c: media (EN 13757-3, device types; table 25), functions and manufacturer codes. */
#include <metergate.h>

#include <host/mgh-names.h>
#include <string.h>

enum { FIRST_OWN = MG_MEDIUM_CHARGER, INDEX_LAST = 255 };

typedef struct {
    const char *text, *nick;
} MediumRow;

/* A number without a row is reserved by the norm. */
static const MediumRow media[] = {
    [MG_MEDIUM_OTHER] = { "Other", "other" },
    [MG_MEDIUM_OIL] = { "Oil", "oil" },
    [MG_MEDIUM_ELECTRICITY] = { "Electricity", "electricity" },
    [MG_MEDIUM_GAS] = { "Gas", "gas" },
    [MG_MEDIUM_HEAT] = { "Heat (outlet)", "heat" },
    [MG_MEDIUM_STEAM] = { "Steam", "steam" },
    [MG_MEDIUM_WARM_WATER] = { "Warm water", "warm-water" },
    [MG_MEDIUM_WATER] = { "Water", "water" },
    [MG_MEDIUM_HCA] = { "Heat cost allocator", "hca" },
    [MG_MEDIUM_COMPRESSED_AIR] = { "Compressed air", "compressed-air" },
    [MG_MEDIUM_COOLING] = { "Cooling (outlet)", "cooling" },
    [MG_MEDIUM_COOLING_INLET] = { "Cooling (inlet)", "cooling-inlet" },
    [MG_MEDIUM_HEAT_INLET] = { "Heat (inlet)", "heat-inlet" },
    [MG_MEDIUM_HEAT_COOLING] = { "Combined heat / cooling", "heat-cooling" },
    [MG_MEDIUM_BUS] = { "Bus / System component", "bus" },
    [MG_MEDIUM_UNKNOWN] = { "Unknown medium", "unknown" },
    [MG_MEDIUM_CALORIFIC] = { "Calorific value", "calorific" },
    [MG_MEDIUM_HOT_WATER] = { "Hot water", "hot-water" },
    [MG_MEDIUM_COLD_WATER] = { "Cold water", "cold-water" },
    [MG_MEDIUM_DUAL_WATER] = { "Dual register (hot/cold) water", "dual-water" },
    [MG_MEDIUM_PRESSURE] = { "Pressure", "pressure" },
    [MG_MEDIUM_AD_CONVERTER] = { "A/D Converter", "ad-converter" },
    [MG_MEDIUM_SMOKE] = { "Smoke detector", "smoke" },
    [MG_MEDIUM_ROOM] = { "Room sensor", "room" },
    [MG_MEDIUM_GAS_DETECTOR] = { "Gas detector", "gas-detector" },
    [MG_MEDIUM_BREAKER] = { "Breaker (electricity)", "breaker" },
    [MG_MEDIUM_VALVE] = { "Valve (gas or water)", "valve" },
    [MG_MEDIUM_CUSTOMER_UNIT] = { "Customer unit", "customer-unit" },
    [MG_MEDIUM_WASTE_WATER] = { "Waste water", "waste-water" },
    [MG_MEDIUM_WASTE] = { "Waste", "waste" },
    [MG_MEDIUM_CO2] = { "Carbon dioxide", "co2" },
    [MG_MEDIUM_COMMUNICATION] = { "Communication controller", "communication" },
    [MG_MEDIUM_REPEATER] = { "Unidirectional repeater", "repeater" },
    [MG_MEDIUM_REPEATER_BOTH] = { "Bidirectional repeater", "repeater-both" },
    [MG_MEDIUM_RADIO_SYSTEM] = { "Radio converter (system side)", "radio-system" },
    [MG_MEDIUM_RADIO_METER] = { "Radio converter (meter side)", "radio-meter" },
};

/* From 256 on: ours. To the outside they are a system component or unknown. */
static const struct {
    const char *text, *nick;
    guint8 index;
} own_media[] = {
    [MG_MEDIUM_CHARGER - FIRST_OWN] = { "Charging station", "charger", MG_MEDIUM_UNKNOWN },
    [MG_MEDIUM_INVERTER - FIRST_OWN] = { "Inverter", "inverter", MG_MEDIUM_UNKNOWN },
    [MG_MEDIUM_BATTERY - FIRST_OWN] = { "Battery", "battery", MG_MEDIUM_UNKNOWN },
    [MG_MEDIUM_IO - FIRST_OWN] = { "Inputs and outputs", "io", MG_MEDIUM_BUS },
    [MG_MEDIUM_GATEWAY - FIRST_OWN] = { "Gateway", "gateway", MG_MEDIUM_BUS },
};

guint mgh_medium_index (guint32 medium)
{
    if (medium <= INDEX_LAST)
        return medium;
    return medium - FIRST_OWN < G_N_ELEMENTS (own_media) ? own_media[medium - FIRST_OWN].index : MG_MEDIUM_UNKNOWN;
}

const char *mgh_medium_text (guint32 medium)
{
    if (medium < G_N_ELEMENTS (media) && media[medium].text != NULL)
        return media[medium].text;
    if (medium >= FIRST_OWN && medium - FIRST_OWN < G_N_ELEMENTS (own_media))
        return own_media[medium - FIRST_OWN].text;
    return medium <= INDEX_LAST ? "Reserved" : "Unknown medium";
}

const char *mgh_medium_nick (guint32 medium)
{
    if (medium < G_N_ELEMENTS (media) && media[medium].nick != NULL)
        return media[medium].nick;
    if (medium >= FIRST_OWN && medium - FIRST_OWN < G_N_ELEMENTS (own_media))
        return own_media[medium - FIRST_OWN].nick;
    return "reserved";
}

gboolean mgh_medium_parse (const char *nick_or_number, guint32 *medium)
{
    guint64 number;

    for (guint32 i = 0; i < FIRST_OWN + G_N_ELEMENTS (own_media); i++) {
        const char *nick = mgh_medium_nick (i);

        if (strcmp (nick, "reserved") != 0 && strcmp (nick, nick_or_number) == 0) {
            *medium = i;
            return TRUE;
        }
    }
    if (!g_ascii_string_to_unsigned (nick_or_number, 10, 0, FIRST_OWN + G_N_ELEMENTS (own_media) - 1, &number, NULL))
        return FALSE;
    *medium = (guint32) number;
    return TRUE;
}

const char *mgh_func_nick (guint32 func)
{
    static const char *const nicks[] = { "instantaneous", "maximum", "minimum", "error", "average" };

    return func < G_N_ELEMENTS (nicks) ? nicks[func] : "instantaneous";
}

/* Three letters of five bits each, A is 1 (EN 13757-7). */
void mgh_manufacturer_text (guint16 code, char text[4])
{
    for (guint i = 0; i < 3; i++)
        text[i] = (char) ('@' + (code >> (10 - 5 * i) & 0x1f));
    text[3] = '\0';
}

gboolean mgh_manufacturer_code (const char *text, guint16 *code)
{
    guint16 sum = 0;

    if (strlen (text) != 3)
        return FALSE;
    for (guint i = 0; i < 3; i++) {
        if (text[i] < '@' || text[i] > '_')
            return FALSE;
        sum = (guint16) (sum << 5 | (text[i] - '@'));
    }
    *code = sum;
    return TRUE;
}
