#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes schedule-golden.tsv: due times around clock changes, worked out by Python's zoneinfo, minute by minute.

Run by hand when schedules change: schedule-golden.py > schedule-golden.tsv. Years up to now come from the time zone database; later
ones from rules of the form that POSIX has for TZ, so that the table does not change with the law.
"""
import datetime
import io
import struct
import zoneinfo

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
PAST = [("Europe/Berlin", [1970, 1980, 1996, 2024, 2026]), ("Atlantic/Azores", [2019, 2026]), ("Europe/Lisbon", [1993, 2026]),
        ("Australia/Sydney", [1972, 2000, 2026]), ("America/Santiago", [2018]), ("Australia/Lord_Howe", [2023])]
RULES = [("CET-1CEST,M3.5.0,M10.5.0/3", [2037, 2038, 2039, 2100]), ("<-01>1<+00>,M3.5.0/0,M10.5.0/1", [2038]),
         ("AEST-10AEDT,M10.1.0,M4.1.0/3", [2037, 2038, 2099])]
SCHEDULES = ["daily 00:00", "daily 02:00", "daily 02:30", "daily 03:00", "weekly sun 02:30", "weekly mon 01:00", "monthly 1 00:15",
             "monthly 31 02:30", "quarterly 1/1 00:15", "quarterly 2/31 23:59", "yearly 01-01 00:15", "yearly 02-29 12:00"]
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def rule_zone(rule):
    """A zone file of the second version with nothing but the rule in it."""
    def block(version):
        head = struct.pack(">4sc15x6l", b"TZif", version, 0, 0, 0, 0, 1, 4)
        return head + struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    return zoneinfo.ZoneInfo.from_file(io.BytesIO(block(b"2") + block(b"2") + b"\n" + rule.encode() + b"\n"))


def clock(zone, utc_s):
    return (EPOCH + datetime.timedelta(seconds=utc_s)).astimezone(zone).replace(tzinfo=None)


def first_moment(zone, due):
    """The first minute at which the clock shows `due` or later."""
    start = int((due - datetime.datetime(1970, 1, 1)).total_seconds()) - 30 * 3600
    utc_s = start - start % 900
    while clock(zone, utc_s) < due:
        utc_s += 900
    utc_s -= 900
    while clock(zone, utc_s) < due:
        utc_s += 60
    return utc_s


def day_holds(schedule, day):
    """Whether a day is one of the schedule's; short months have their last day for a later one."""
    words = schedule.split()
    last = (day.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)
    if words[0] == "daily":
        return True
    if words[0] == "weekly":
        return WEEKDAYS[day.weekday()] == words[1]
    if words[0] == "monthly":
        return day.day == min(int(words[1]), last.day)
    if words[0] == "quarterly":
        month, of_month = (int(x) for x in words[1].split("/"))
        return (day.month - 1) % 3 + 1 == month and day.day == min(of_month, last.day)
    month, of_month = (int(x) for x in words[1].split("-"))
    return day.month == month and day.day == min(of_month, last.day)


def search(zone, schedule, utc_s, step):
    hour, minute = (int(x) for x in schedule.split()[-1].split(":"))
    day = (EPOCH + datetime.timedelta(seconds=utc_s, days=-2 * step)).date()
    while True:
        if day_holds(schedule, day):
            due = first_moment(zone, datetime.datetime(day.year, day.month, day.day, hour, minute))
            if (step > 0 and due > utc_s) or (step < 0 and due <= utc_s):
                return due
        day += datetime.timedelta(days=step)


def changes(zone, year):
    start = int((datetime.datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
    hours = range(start, start + 366 * 86400, 900)
    return [b for a, b in zip(hours, hours[1:]) if clock(zone, a) - clock(zone, b) != datetime.timedelta(seconds=-900)]


def main():
    print("# SPDX-License-Identifier: LGPL-2.1-or-later")
    print("# zone, schedule, moment, next after it, last at or before it; seconds UTC; written by schedule-golden.py")
    zones = [(n, zoneinfo.ZoneInfo(n), y) for n, y in PAST] + [(n, rule_zone(n), y) for n, y in RULES]
    for name, zone, years in zones:
        for year in years:
            moments = changes(zone, year) or [int((datetime.datetime(year, 3, 1, tzinfo=UTC) - EPOCH).total_seconds())]
            for number, schedule in enumerate(SCHEDULES):
                for change in moments:
                    near = [-1801, -1, 0, 1800] if number < 5 else [-7200, 0]
                    for moment in (change + offset for offset in near):
                        print(name, schedule, moment, search(zone, schedule, moment, 1), search(zone, schedule, moment, -1), sep="\t")


main()
