const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/**
 * Python's `strftime` in the C locale, local time: the codes that chat templates use to write today's date
 * (`%Y %y %m %d %e %B %b %A %a %H %I %p %M %S %j %%`). Other codes stay as they are.
 */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)([a-zA-Z%])/g, (code, unpadded: string, letter: string) => {
    const value = field(date, letter);
    if (value === null) return code;
    return unpadded ? value.replace(/^0+(?=\d)/, '') : value;
  });
}

function field(date: Date, letter: string): string | null {
  const pad = (value: number, width = 2, fill = '0') => String(value).padStart(width, fill);
  const year = date.getFullYear();
  const hour = date.getHours();
  switch (letter) {
    case 'Y':
      return String(year);
    case 'y':
      return pad(year % 100);
    case 'm':
      return pad(date.getMonth() + 1);
    case 'B':
      return MONTHS[date.getMonth()]!;
    case 'b':
      return MONTHS[date.getMonth()]!.slice(0, 3);
    case 'd':
      return pad(date.getDate());
    case 'e':
      return pad(date.getDate(), 2, ' ');
    case 'A':
      return DAYS[date.getDay()]!;
    case 'a':
      return DAYS[date.getDay()]!.slice(0, 3);
    case 'H':
      return pad(hour);
    case 'I':
      return pad(hour % 12 || 12);
    case 'p':
      return hour < 12 ? 'AM' : 'PM';
    case 'M':
      return pad(date.getMinutes());
    case 'S':
      return pad(date.getSeconds());
    case 'j':
      return pad(
        1 + Math.round((Date.UTC(year, date.getMonth(), date.getDate()) - Date.UTC(year, 0, 1)) / 86_400_000),
        3,
      );
    case '%':
      return '%';
    default:
      return null;
  }
}
