/* The answers to a question as buttons that say the label. What the person said next marks its button, here and after
   a reload; then a question's buttons are closed, while the suggestions of "next" only turn quiet. */
import { useEffect, useRef, useState } from 'react';

const Choices = window.Quartz.component('Choices', function Choices({ options = [], owner = 'question', say }) {
  const box = useRef(null);
  const [pressed, setPressed] = useState(null);
  const [answer, setAnswer] = useState(null);

  useEffect(() => {
    const look = () => setAnswer(window.Quartz.answered(box.current));
    look();
    window.Quartz.reveal(box.current);
    return window.Quartz.onSpoken(look);
  }, []);

  const chosen = pressed ?? (options.includes(answer) ? answer : null);
  const closed = chosen !== null || (owner === 'question' && answer !== null);

  function press(label) {
    if (closed) return;
    setPressed(label);
    say(label);
  }

  return (
    <div ref={box} className="qz-choices" role="group" aria-label="고를 수 있는 답" data-card="choices"
      data-state={closed ? 'closed' : 'open'}>
      {options.map((label, at) => (
        <button key={`${at}-${label}`} type="button" className={answer !== null ? 'qz-button qz-small' : 'qz-button'}
          data-choice={label} disabled={closed} aria-pressed={chosen === null ? undefined : chosen === label}
          onClick={() => press(label)}>
          {chosen === label ? `✓ ${label}` : label}
        </button>
      ))}
    </div>
  );
});

export default <Choices options={props.options} owner={props.owner} say={sendUserMessage} />;
