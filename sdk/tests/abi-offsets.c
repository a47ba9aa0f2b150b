/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * abi-offsets.c: where each member of each struct lies that crosses between gateway and plugins, on x86-64. Members are
 * only appended: a line here never changes, a SIZE only grows. What compiles holds the promise; abi.py compares the
 * types too.
 */
#include <metergate.h>

#define AT(Type, member, offset) G_STATIC_ASSERT (G_STRUCT_OFFSET (Type, member) == (offset))
#define SIZE(Type, size)         G_STATIC_ASSERT (sizeof (Type) == (size))

#if defined(__x86_64__) && defined(__LP64__)

SIZE (MgTable, 16);
AT (MgTable, items, 0);
AT (MgTable, n_items, 8);
AT (MgTable, item_size, 12);

SIZE (MgCursor, 24);
AT (MgCursor, at, 0);
AT (MgCursor, end, 8);
AT (MgCursor, failed, 16);

SIZE (MgValue, 16);
AT (MgValue, type, 0);
AT (MgValue, exponent, 1);
AT (MgValue, flags, 2);
AT (MgValue, len, 4);
AT (MgValue, v, 8);

SIZE (MgObis, 8);
AT (MgObis, given, 0);
AT (MgObis, a, 1);
AT (MgObis, b, 2);
AT (MgObis, c, 3);
AT (MgObis, d, 4);
AT (MgObis, e, 5);
AT (MgObis, f, 6);
AT (MgObis, reserved, 7);

SIZE (MgChoice, 24);
AT (MgChoice, nick, 0);
AT (MgChoice, value, 8);
AT (MgChoice, help, 16);

SIZE (MgMeaning, 112);
AT (MgMeaning, struct_size, 0);
AT (MgMeaning, quantity, 8);
AT (MgMeaning, name, 16);
AT (MgMeaning, kind, 24);
AT (MgMeaning, unit, 28);
AT (MgMeaning, func, 32);
AT (MgMeaning, medium, 36);
AT (MgMeaning, unit_text, 40);
AT (MgMeaning, obis, 48);
AT (MgMeaning, storage, 56);
AT (MgMeaning, tariff, 64);
AT (MgMeaning, subunit, 68);
AT (MgMeaning, wrap, 72);
AT (MgMeaning, states, 88);
AT (MgMeaning, raw, 96);
AT (MgMeaning, raw_len, 104);
AT (MgMeaning, raw_head_len, 108);

SIZE (MgIdentity, 48);
AT (MgIdentity, struct_size, 0);
AT (MgIdentity, serial, 8);
AT (MgIdentity, manufacturer, 16);
AT (MgIdentity, model, 24);
AT (MgIdentity, firmware, 32);
AT (MgIdentity, version, 40);
AT (MgIdentity, medium, 44);

SIZE (MgSetting, 72);
AT (MgSetting, key, 0);
AT (MgSetting, type, 8);
AT (MgSetting, flags, 12);
AT (MgSetting, def, 16);
AT (MgSetting, min, 24);
AT (MgSetting, max, 32);
AT (MgSetting, choices, 40);
AT (MgSetting, unit, 48);
AT (MgSetting, summary, 56);
AT (MgSetting, help, 64);

SIZE (MgFraming, 56);
AT (MgFraming, struct_size, 0);
AT (MgFraming, first_us, 8);
AT (MgFraming, idle_us, 16);
AT (MgFraming, full_us, 24);
AT (MgFraming, max, 32);
AT (MgFraming, stop, 40);
AT (MgFraming, size, 48);

SIZE (MgCommand, 48);
AT (MgCommand, name, 0);
AT (MgCommand, flags, 8);
AT (MgCommand, args, 16);
AT (MgCommand, summary, 32);
AT (MgCommand, help, 40);

SIZE (MgDriverOps, 192);
AT (MgDriverOps, struct_size, 0);
AT (MgDriverOps, flags, 8);
AT (MgDriverOps, reserved, 12);
AT (MgDriverOps, channel_settings, 16);
AT (MgDriverOps, device_settings, 32);
AT (MgDriverOps, scan_settings, 48);
AT (MgDriverOps, commands, 64);
AT (MgDriverOps, create, 80);
AT (MgDriverOps, destroy, 88);
AT (MgDriverOps, open, 96);
AT (MgDriverOps, close, 104);
AT (MgDriverOps, device_check, 112);
AT (MgDriverOps, device_new, 120);
AT (MgDriverOps, device_free, 128);
AT (MgDriverOps, read, 136);
AT (MgDriverOps, listen, 144);
AT (MgDriverOps, probe, 152);
AT (MgDriverOps, scan, 160);
AT (MgDriverOps, command, 168);
AT (MgDriverOps, decode, 176);
AT (MgDriverOps, interface, 184);

SIZE (MgFormatOps, 88);
AT (MgFormatOps, struct_size, 0);
AT (MgFormatOps, flags, 8);
AT (MgFormatOps, reserved, 12);
AT (MgFormatOps, settings, 16);
AT (MgFormatOps, content_type, 32);
AT (MgFormatOps, extension, 40);
AT (MgFormatOps, create, 48);
AT (MgFormatOps, destroy, 56);
AT (MgFormatOps, begin, 64);
AT (MgFormatOps, item, 72);
AT (MgFormatOps, end, 80);

SIZE (MgTransportOps, 72);
AT (MgTransportOps, struct_size, 0);
AT (MgTransportOps, flags, 8);
AT (MgTransportOps, reserved, 12);
AT (MgTransportOps, settings, 16);
AT (MgTransportOps, create, 32);
AT (MgTransportOps, destroy, 40);
AT (MgTransportOps, open, 48);
AT (MgTransportOps, close, 56);
AT (MgTransportOps, deliver, 64);

SIZE (MgRange, 48);
AT (MgRange, struct_size, 0);
AT (MgRange, which, 8);
AT (MgRange, meter, 16);
AT (MgRange, step, 20);
AT (MgRange, key, 24);
AT (MgRange, from_ms, 32);
AT (MgRange, to_ms, 40);

SIZE (MgCommandRequest, 48);
AT (MgCommandRequest, struct_size, 0);
AT (MgCommandRequest, meter, 8);
AT (MgCommandRequest, reserved, 12);
AT (MgCommandRequest, name, 16);
AT (MgCommandRequest, actor, 24);
AT (MgCommandRequest, args, 32);
AT (MgCommandRequest, ttl_us, 40);

SIZE (MgServiceOps, 96);
AT (MgServiceOps, struct_size, 0);
AT (MgServiceOps, flags, 8);
AT (MgServiceOps, reserved, 12);
AT (MgServiceOps, settings, 16);
AT (MgServiceOps, create, 32);
AT (MgServiceOps, destroy, 40);
AT (MgServiceOps, start, 48);
AT (MgServiceOps, stop, 56);
AT (MgServiceOps, updated, 64);
AT (MgServiceOps, removed, 72);
AT (MgServiceOps, more, 80);
AT (MgServiceOps, command, 88);

SIZE (MgFeature, 32);
AT (MgFeature, kind, 0);
AT (MgFeature, maturity, 4);
AT (MgFeature, name, 8);
AT (MgFeature, summary, 16);
AT (MgFeature, ops, 24);

SIZE (MgEventInfo, 32);
AT (MgEventInfo, code, 0);
AT (MgEventInfo, severity, 8);
AT (MgEventInfo, text, 16);
AT (MgEventInfo, clears, 24);

SIZE (MgModule, 96);
AT (MgModule, struct_size, 0);
AT (MgModule, abi_major, 8);
AT (MgModule, abi_minor, 12);
AT (MgModule, name, 16);
AT (MgModule, version, 24);
AT (MgModule, vendor, 32);
AT (MgModule, license, 40);
AT (MgModule, url, 48);
AT (MgModule, gettext_domain, 56);
AT (MgModule, features, 64);
AT (MgModule, events, 80);

#endif
