// Light, dark, or what the system says. Runs before the page is painted; the choice lasts as long as the page.
{
	const dark = matchMedia('(prefers-color-scheme: dark)');
	let choice = 'system';
	const apply = () => {
		document.documentElement.dataset.theme = choice === 'system' ? (dark.matches ? 'dark' : 'light') : choice;
		dispatchEvent(new Event('theme'));
	};
	document.addEventListener('change', ({ target }) => {
		if (target.name !== 'theme') return;
		choice = target.value;
		apply();
	});
	dark.addEventListener('change', apply);
	apply();
}
